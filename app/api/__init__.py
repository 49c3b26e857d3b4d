"""The roof: one schema from the slices' parts, the HTTP and WebSocket server, authentication, limits."""
