"""Who may do what: the four roles, and the pages of people, their roles and their limits to shops."""
