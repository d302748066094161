"""What the server asks for: journaled, checked, and carried out once."""
