-- Totals with the names of their services. In: totals, assets
SELECT t.*, s.service_name
FROM totals AS t
JOIN (SELECT DISTINCT service, service_name FROM assets) AS s ON s.service = t.service
