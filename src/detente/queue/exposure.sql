-- What bears on the risk budgets, by service: open criticals, and open findings known to be exploited.
-- In: priced, assets. Out: service, service_name, criticals, exploited
SELECT p.service, s.service_name, count(*) FILTER (WHERE p.severity >= 5) AS criticals, count(*) FILTER (WHERE p.kev) AS exploited
FROM priced AS p
JOIN (SELECT DISTINCT service, service_name FROM assets) AS s ON s.service = p.service
GROUP BY p.service, s.service_name
