"""What the product remembers: tables, sessions, one module per noun. Every row carries its school."""
