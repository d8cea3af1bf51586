-- Expected loss per month by service, with the exponent from which the implied breach probability follows: 1 - exp(-12 * weight).
-- In: priced. Out: service, findings, assets, weight, loss_month
WITH assets AS (
    SELECT service, asset, count(*) AS findings, max(total) AS total, max(loss) AS loss FROM priced GROUP BY service, asset
),
halved AS (
    SELECT a.*, tanh(CAST(total AS DOUBLE) / 2.0) AS half FROM assets AS a  -- 1 - exp(-w) = 2 t / (1 + t), t = tanh(w / 2)
)
SELECT service, CAST(sum(findings) AS BIGINT) AS findings, count(*) AS assets, sum(total) AS weight,
       sum(CAST(CAST(floor(loss * (2.0 * half / (1.0 + half)) * 1e6 + 0.5) AS DECIMAL(18, 0)) * 0.000001 AS DECIMAL(18, 6))) AS loss_month
FROM halved
GROUP BY service
