-- The blocks that profiles are compared in, for whoever wants to compare the same pairs.
{{ used_blocks(ref('identity_profiles')) }}
