"""PDF machinery without product nouns: typeface, accessible structure, stamping."""
