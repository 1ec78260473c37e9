"""What people read: one contract a file, beside the SQL or function of the same name in marts/."""
