"""The server's HTTP face: one module a resource, and the rules that hold for all of them."""
