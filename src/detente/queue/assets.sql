-- Every asset that has open findings, with its name. In: findings, rows. Out: asset, name
SELECT r.asset, max(r.asset_name) AS name
FROM rows AS r
JOIN (SELECT DISTINCT asset FROM findings) AS f ON f.asset = r.asset
GROUP BY r.asset
