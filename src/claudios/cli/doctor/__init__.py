"""`claudios doctor`: what is wrong, and what to do about it.

finding      what a check found
reach        is the server there: name, connection, certificate, answer, clock
account      the person's login
agent        the agent of this machine: settings, token, signature, the process
log          what the agent last complained of
delivery     output that has not arrived at the server
environment  what the agent gives Claude
claude       the Claude CLI: found, signed in, able to start where it is allowed
machine      disk, memory, processor
"""
