-- All fixes in order, with the names of their services. In: fixes, assets. Out: fixes with service_name
SELECT f.*, s.service_name
FROM fixes AS f
JOIN (SELECT DISTINCT service, service_name FROM assets) AS s ON s.service = f.service
ORDER BY f.position
