"""What the tests share: running Bartizan, speaking HTTP byte by byte, and a model provider that does as it is told."""
