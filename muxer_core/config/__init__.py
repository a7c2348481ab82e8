"""Configuration: a mapping in, checked values out. No file and no environment is read here; the edge does that (`muxer_cli.load`)."""
