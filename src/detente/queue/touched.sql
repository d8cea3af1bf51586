-- The assets on which a new state of the intelligence changes anything. In: findings, vulns, vulns_before. Out: asset
SELECT DISTINCT f.asset
FROM findings AS f
JOIN vulns AS n ON n.vuln = f.vuln
LEFT JOIN vulns_before AS b ON b.vuln = f.vuln
WHERE b.vuln IS NULL OR b.h0 <> n.h0 OR b.kev <> n.kev OR b.known <> n.known OR b.threat <> n.threat
