"""The files of each kind of export, one module per connector: what is landed. Connectors have what is made of them."""
