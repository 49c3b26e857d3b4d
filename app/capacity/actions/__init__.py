"""Reserve, follow and release."""
