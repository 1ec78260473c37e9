"""A release in the formats of other tools, made from the contracts: data contract, data package, lineage, Delta tables."""
