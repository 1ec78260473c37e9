"""The maps that ship with the package: TOML files of the map language, one for each known kind of export."""
