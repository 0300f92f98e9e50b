"""Who is who, as a warehouse tells it: evidence, chains of links, explanations."""
