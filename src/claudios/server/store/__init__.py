"""What the server keeps: SQL tables, and plain functions of a connection that read and write them."""
