"""What a letter is made of: shop settings, links, tokens, context, templates, outbox, preview."""
