"""The mailbox: what people ask becomes an ordered, signed log of instructions for each agent, and is reported on."""
