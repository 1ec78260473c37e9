"""Exports as other shop systems write them, of the same synthetic shop, with the truths that a map must find in them.

One module per shape. A shape states what of the shop its export can hold (`keep`) and how the export looks (`sheets`); the
truths are counted from what it keeps. Start at `shape_shop.generate_shape`.
"""
