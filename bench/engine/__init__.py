"""The engine against hand-written handlers for the same answers: CPU, frames to many sockets, first statements."""
