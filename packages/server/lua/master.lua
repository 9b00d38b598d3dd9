-- master: makes sure that what a plain command did not find is not there for the master either.
-- KEYS: probe
-- ARGV: none
-- RETURNS: 1, or the error of a server that is a replica
-- ATOMIC: one look.
-- INCLUDES: clock
return demoted('HDEL', KEYS[1], '') or 1
