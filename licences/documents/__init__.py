"""Documents about licences: frozen facts in, an accessible PDF out."""
