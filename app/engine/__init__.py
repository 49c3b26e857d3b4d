"""How a GraphQL operation runs. Knows no commerce and no database."""
