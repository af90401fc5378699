"""What every page shares: layout, components, forms, and the helpers that templates use."""
