"""What a warehouse can say about its own results: evidence, chains of links, samples to label."""
