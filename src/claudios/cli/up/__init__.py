"""`claudios up`: one supervisor for the server, the agent of this machine and, in a demo, the scripted model.

places      where everything is kept
lock        one supervisor per user; the second finds the first
claude      which Claude CLI there is, and whether this must be a demo
household   what the server knows of this machine: owner, project, agent, tokens
child       one process: started, watched, restarted, its lines kept
supervisor  the order in which all that starts and ends
summary     what the person reads
"""
