"""What a script leaves of the confidentiality profile."""
