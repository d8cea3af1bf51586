-- Prices after a change of the intelligence: those of touched assets anew, all others as they were.
-- In: priced_before, repriced, touched. Out: priced
SELECT p.* FROM priced_before AS p WHERE NOT EXISTS (SELECT 1 FROM touched AS t WHERE t.asset = p.asset)
UNION ALL
SELECT r.* FROM repriced AS r
