"""A scripted model on loopback: it stands in for the Messages API, so that the real Claude CLI runs without an account.

What it says is scripted by the prompt itself: directives in double brackets (`script`) play text, tool calls and
failures; ordinary words (`phrases`) get a short demonstration. Which step comes next is derived from the conversation
in each request alone, so it survives restarts, resumes and forks. Standard library only.
"""
