"""How variants are sold: types, relations and mutations of selling rules."""
