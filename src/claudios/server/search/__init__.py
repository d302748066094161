"""Search: what people look for among the items of the sessions they may see."""
