"""A small shop: it takes orders, charges cards, and tells its operators when something goes wrong."""
