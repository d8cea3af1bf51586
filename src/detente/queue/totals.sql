-- Expected loss per month by service, with the exponent from which the implied breach probability follows: 1 - exp(-12 * weight).
-- In: priced. Out: service, findings, assets, weight, loss_month
WITH assets AS (
    SELECT service, asset, count(*) AS findings, max(total) AS total, max(loss) AS loss FROM priced GROUP BY service, asset
)
SELECT service, CAST(sum(findings) AS BIGINT) AS findings, count(*) AS assets, sum(total) AS weight,
       sum(CAST(loss * (1.0 - exp(-CAST(total AS DOUBLE))) AS DECIMAL(18, 6))) AS loss_month
FROM assets
GROUP BY service
