"""The page "Customers", the list of the customers behind a number on it, and the page of one customer."""
