"""Generated from proto/speechtag/v1 by generate.sh."""
