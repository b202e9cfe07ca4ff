"""A language server for editors (the Language Server Protocol): `dicomedit lsp`."""
