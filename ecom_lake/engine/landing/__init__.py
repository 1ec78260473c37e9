"""From one landed file to bronze Parquet: unpack it, recognise its table, read every record or reject it with a reason.

Not here: where bronze lies and which files are new (engine/build/bronze/), what the fields mean (shop/connectors/).
"""
