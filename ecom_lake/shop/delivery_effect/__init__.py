"""The association of late first deliveries and low review scores with ordering again."""
