"""fastnet."""
