"""Install and build what a checkout needs, and skip at once what is there already.

Runs on the machine's own Python before anything is installed, so it uses the standard library alone.
"""
