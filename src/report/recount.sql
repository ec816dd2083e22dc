-- How each figure is recounted from raw events, by DuckDB. Parts begin with a line "--- name"; {names} in braces are
-- filled in from the table of figures (figure_sql.c). `events` comes before every other part; one that goes on with
-- tables of its own begins with the comma.
--- events
-- {id}: {title}
-- {about}
--
-- Over the events themselves, one JSON object a line in events.jsonl, and the tables catalog.csv, taxonomy.csv and
-- countries.csv that they are enriched with, all in the folder in which DuckDB runs. Events that amend or retract others
-- are not applied, and no row is suppressed here.
WITH line AS (
    SELECT row_number() OVER () AS event, json FROM read_ndjson_objects('events.jsonl')
),
written AS (
    SELECT event, json,
        CASE json_type(json, '$.created_at')
            WHEN 'VARCHAR' THEN epoch_ms(CAST(json ->> '$.created_at' AS TIMESTAMPTZ))
            ELSE CAST(json ->> '$.created_at' AS BIGINT) END AS at_ms,
        json ->> '$.model' AS model,
        nullif(json ->> '$.country', '') AS country,
        nullif(json ->> '$.language', '') AS language,
        string_split(replace(lower(coalesce(json ->> '$.language', '')), '_', '-'), '-') AS parts,
        nullif(json ->> '$.account', '') AS account,
        CAST(json ->> '$.tokens_prompt' AS HUGEINT) AS prompt,
        CAST(json ->> '$.tokens_completion' AS HUGEINT) AS completion,
        -- Absent is 0, null is what nobody knows.
        coalesce(json_type(json, '$.cost_nano_usd'), '') <> 'NULL' AS is_priced,
        coalesce(CAST(json ->> '$.cost_nano_usd' AS HUGEINT),
            CAST(CAST(json ->> '$.cost_usd' AS DECIMAL(38, 9)) * 1000000000 AS HUGEINT), 0) AS cost,
        coalesce(CAST(json ->> '$.is_byok' AS BOOLEAN), false) AS is_byok,
        coalesce(CAST(json ->> '$.is_free' AS BOOLEAN), false) AS is_free,
        coalesce(json ->> '$.finish_reason' = 'tool_calls', false) AS is_tool,
        coalesce(CAST(json ->> '$.tools_offered' AS BOOLEAN), false) AS is_offered,
        coalesce(CAST(json ->> '$.classified' AS BOOLEAN), false) AS is_classified
    FROM line
),
known AS (
    SELECT *, prompt + completion IS NOT NULL AS is_known,
        CASE WHEN prompt + completion IS NULL THEN 0 ELSE prompt END AS p,
        CASE WHEN prompt + completion IS NULL THEN 0 ELSE completion END AS c,
        -- The model without the variants at its end, as in author/name:free.
        regexp_replace(model, '(:(beta|exacto|extended|floor|free|high|low|max|medium|minimal|nitro|online|thinking|'
            || 'xhigh)?)+$', '') AS base
    FROM written
),
catalog AS (
    SELECT * FROM read_csv('catalog.csv', comment = '#', all_varchar = true)
    QUALIFY row_number() OVER (PARTITION BY slug ORDER BY valid_from DESC) = 1
),
called AS (
    SELECT slug AS name, slug FROM catalog
    UNION ALL
    SELECT alias, any_value(slug) FROM (SELECT unnest(string_split(aliases, ' ')) AS alias, slug FROM catalog)
    WHERE alias <> '' AND alias NOT IN (SELECT slug FROM catalog) GROUP BY alias
),
model AS (
    SELECT m.model, m.base, catalog.slug,
        coalesce(nullif(catalog.family, ''), catalog.slug, m.base) AS family,
        coalesce(catalog.slug, m.base) AS display,
        coalesce(CASE WHEN catalog.slug IS NOT NULL THEN nullif(catalog.author, '')
            WHEN contains(m.base, '/') THEN split_part(m.base, '/', 1) END, 'unknown') AS author,
        CASE WHEN coalesce(open_weights, '') IN ('', 'router') THEN 'unknown' WHEN open_weights = '0' THEN 'Closed'
            WHEN catalog.country IN ('CN', 'HK', 'TW') THEN 'Chinese OSS' ELSE 'RoW OSS' END AS source,
        CASE WHEN coalesce(params_b, '') = '' THEN 'unknown' WHEN CAST(params_b AS DOUBLE) < 15 THEN 'small'
            WHEN CAST(params_b AS DOUBLE) < 70 THEN 'medium' ELSE 'large' END AS size,
        CASE coalesce(reasoning, '') WHEN '' THEN 'unknown' WHEN 'no' THEN 'Non-reasoning' ELSE 'Reasoning' END
            AS reasoning,
        coalesce(reasoning = 'always', false) AS is_always
    FROM (SELECT DISTINCT model, base FROM known) m
        LEFT JOIN called whole ON whole.name = m.model
        LEFT JOIN called plain ON plain.name = m.base
        -- Without the date of a snapshot: openai/gpt-4o-2024-08-06.
        LEFT JOIN called undated ON undated.name = regexp_replace(m.base, '-(19|20)[0-9]{2}(-(0[1-9]|1[0-2])-'
            || '(0[1-9]|[12][0-9]|3[01])|(0[1-9]|1[0-2])(0[1-9]|[12][0-9]|3[01]))$', '')
        LEFT JOIN catalog ON catalog.slug = coalesce(whole.slug, plain.slug, undated.slug)
),
countries AS (SELECT * FROM read_csv('countries.csv', comment = '#', all_varchar = true)),
study AS (
    SELECT event, json, p, c, p + c AS t, cost, is_known, is_priced, is_tool, is_offered, is_classified, account,
        NOT is_byok AS is_billed,
        is_free OR list_contains(string_split(regexp_replace(model, '^.*/', ''), ':')[2:], 'free') AS is_free,
        least(p + c, 2097152) AS clamped, least(p, 2097152) AS clamped_p,
        base, family, display, author, source, size, reasoning, is_always,
        CASE WHEN regexp_full_match(known.country, '[A-Za-z]{2}') THEN upper(known.country)
            ELSE coalesce(known.country, 'unknown') END AS country,
        CASE WHEN language IS NULL THEN 'unknown'
            WHEN NOT regexp_full_match(language, '[A-Za-z]{2,8}([-_][A-Za-z0-9]{1,8})*|[A-Za-z]([-_][A-Za-z0-9]{1,8})+')
            THEN language
            ELSE array_to_string([
                CASE WHEN nth = 1 THEN coalesce(MAP {'iw': 'he', 'in': 'id', 'ji': 'yi', 'jw': 'jv', 'mo': 'ro'}[part],
                        part)
                    WHEN len([before FOR before IN parts[1:nth] IF len(before) = 1]) > 0 THEN part
                    WHEN len(part) = 2 THEN upper(part)
                    WHEN len(part) = 4 THEN upper(part[1]) || part[2:] ELSE part END
                FOR part, nth IN parts], '-') END AS language,
        CAST(date_trunc('week', make_timestamp(at_ms * 1000)) AS DATE) AS week,
        CAST(date_trunc('month', make_timestamp(at_ms * 1000)) AS DATE) AS month
    FROM known JOIN model USING (model, base)
),
placed AS (
    SELECT study.*, coalesce(nullif(continent, ''), 'unknown') AS continent
    FROM study LEFT JOIN countries ON countries.code = study.country
),
weekly AS (SELECT * FROM placed WHERE week >= DATE '{from}' AND week < DATE '{to}'),
monthly AS (SELECT * FROM placed WHERE month >= DATE '{from}' AND month < DATE '{to}')
--- labels
,
-- The categories and tags of the classifier's labels: the longest path of the taxonomy that is the label's, or its
-- beginning. A request counts once in each; its tokens are dealt out among its categories, one by one.
label AS (
    SELECT DISTINCT event, l ->> '$.path' AS path
    FROM (SELECT event, unnest(CAST(json -> '$.categories' AS JSON[])) AS l FROM weekly WHERE is_classified)
    WHERE CAST(l ->> '$.confidence' AS FLOAT) >= 0.5
),
tagged AS (
    SELECT DISTINCT event, coalesce(category, 'other') AS category, coalesce(tag, 'other') AS tag
    FROM label JOIN (
        SELECT path, tag, category FROM (SELECT DISTINCT path FROM label)
            LEFT JOIN read_csv('taxonomy.csv', comment = '#', all_varchar = true)
                ON pattern = '/' OR path = pattern OR starts_with(path, pattern || '/')
        QUALIFY row_number() OVER (PARTITION BY path ORDER BY length(pattern) DESC) = 1) USING (path)
),
categories AS (
    SELECT weekly.*, category, t // n + CASE WHEN t % n >= place THEN 1 ELSE 0 END AS divided
    FROM weekly JOIN (
        SELECT event, category, count(*) OVER (PARTITION BY event) AS n,
            row_number() OVER (PARTITION BY event ORDER BY category) AS place
        FROM (SELECT DISTINCT event, category FROM tagged)) USING (event)
    WHERE category <> 'other'
),
tags AS (
    SELECT weekly.*, category, tag, t // n + CASE WHEN t % n >= place THEN 1 ELSE 0 END AS divided
    FROM weekly JOIN (
        SELECT *, count(*) OVER (PARTITION BY event) AS n,
            row_number() OVER (PARTITION BY event ORDER BY category, tag) AS place
        FROM tagged) USING (event)
    WHERE category <> 'other'
)
--- shares
,
counted AS (SELECT {x} AS x, {series} AS series, {quantity} AS q, * FROM {rows} WHERE {where}),
ranked AS (
    SELECT series, row_number() OVER (ORDER BY {place}, sum(q) DESC, series) AS place
    FROM counted WHERE series <> 'unknown' GROUP BY series HAVING sum(q) > 0
),
drawn AS (
    SELECT series, place FROM ranked WHERE {top} = 0 OR place <= {top}
    UNION ALL
    SELECT 'unknown', 1000001 FROM counted WHERE series = 'unknown' AND ({top} = 0 OR {rest}) HAVING sum(q) > 0
    UNION ALL
    SELECT DISTINCT 'other', 1000000 FROM counted
    WHERE {rest} AND series NOT IN (SELECT series FROM ranked WHERE {top} = 0 OR place <= {top})
        AND (series <> 'unknown' OR NOT EXISTS (SELECT 1 FROM counted u WHERE u.series = 'unknown' AND u.q > 0))
),
sums AS (
    SELECT x, CASE WHEN series IN (SELECT series FROM drawn) THEN series ELSE 'other' END AS series,
        sum(q) AS q, count(*) AS requests, sum(t) AS tokens, sum(clamped * clamped) AS squares,
        count(*) FILTER (is_known) AS known, sum({divided}) AS divided, count(*) FILTER (NOT is_free) AS paid_requests,
        coalesce(sum(t) FILTER (NOT is_free), 0) AS paid_tokens
    FROM counted WHERE {rest} OR series IN (SELECT series FROM drawn) GROUP BY ALL
),
wholes AS (
    SELECT x, sum(q) AS all_q, sum(requests) AS all_requests, sum(tokens) AS all_tokens, sum(squares) AS all_squares,
        sum(known) AS all_known, sum(divided) AS all_divided, sum(paid_requests) AS all_paid_requests,
        sum(paid_tokens) AS all_paid_tokens
    FROM sums GROUP BY x HAVING sum(q) <> 0
),
shares AS (
    SELECT *, coalesce(q, 0)::DOUBLE / all_q AS share,
        CASE WHEN all_tokens > 0 AND all_squares > 0
            THEN least(all_tokens::DOUBLE * all_tokens / all_squares, all_known) END AS n
    FROM wholes CROSS JOIN drawn LEFT JOIN sums USING (x, series)
)
SELECT {columns}
FROM shares ORDER BY x, place
--- means
SELECT week, count(*) AS requests, sum({quantity}) AS {quantity_name},
    sum({quantity})::DOUBLE / count(*) AS mean
FROM weekly WHERE is_known GROUP BY week ORDER BY week
--- means_by_category
,
sums AS (
    SELECT week, category, count(*) AS requests, sum(p) AS tokens, sum(clamped_p * clamped_p) AS squares
    FROM categories WHERE {where} AND is_known GROUP BY ALL
),
spread AS (
    SELECT *, tokens::DOUBLE / requests AS mean, 1.959963984540054 * sqrt(greatest(0, (squares - tokens * (tokens::DOUBLE
        / requests)) / (requests - 1)) / requests) AS margin
    FROM sums
)
SELECT week, category, requests, tokens AS tokens_prompt, mean, requests::DOUBLE AS n_effective,
    CASE WHEN requests > 1 THEN greatest(0, mean - margin) END AS low, CASE WHEN requests > 1 THEN mean + margin END AS high
FROM spread JOIN (SELECT category, sum(tokens) AS total FROM sums GROUP BY category) USING (category)
ORDER BY week, total DESC, category
--- means_beside_all
,
sums AS (
    SELECT 1 AS place, week, 'programming' AS series, count(*) AS requests, sum(t) AS tokens,
        sum(clamped * clamped) AS squares
    FROM categories WHERE category = 'programming' AND is_known GROUP BY week
    UNION ALL
    SELECT 2, week, 'all requests', count(*), sum(t), NULL FROM weekly
    WHERE is_known AND week >= (SELECT coalesce(min(week), DATE '0001-01-01') FROM weekly WHERE is_classified)
        AND EXISTS (SELECT 1 FROM categories WHERE category = 'programming')
    GROUP BY week
),
spread AS (
    SELECT *, tokens::DOUBLE / requests AS mean, 1.959963984540054 * sqrt(greatest(0, (squares - tokens * (tokens::DOUBLE
        / requests)) / (requests - 1)) / requests) AS margin
    FROM sums
)
SELECT week, series, requests, tokens, mean, CASE WHEN place = 1 THEN requests::DOUBLE END AS n_effective,
    CASE WHEN place = 1 AND requests > 1 THEN greatest(0, mean - margin) END AS low,
    CASE WHEN place = 1 AND requests > 1 THEN mean + margin END AS high
FROM spread ORDER BY week, place
--- tool_shares
SELECT week, kind, tokens, total_tokens, tokens::DOUBLE / total_tokens AS share
FROM (
    SELECT week, unnest(['Tool calls', 'Tools offered']) AS kind,
        unnest([coalesce(sum(t) FILTER (is_tool), 0), coalesce(sum(t) FILTER (is_offered), 0)]) AS tokens,
        sum(t) AS total_tokens
    FROM weekly GROUP BY week HAVING sum(t) > 0)
ORDER BY week, kind
--- model_counts
,
models AS (SELECT DISTINCT week, size, base FROM weekly WHERE {where}),
sizes AS (
    SELECT DISTINCT size, list_position(['small', 'medium', 'large', 'unknown'], size) AS place FROM models
),
totals AS (SELECT week, count(*) AS total_models FROM models GROUP BY week)
SELECT week, size, count(base) AS models, total_models, count(base)::DOUBLE / total_models AS share
FROM totals CROSS JOIN sizes LEFT JOIN models USING (week, size)
GROUP BY week, size, total_models, place ORDER BY week, place
--- tags
,
shown AS (SELECT category, tag, sum(t) AS tokens, sum(divided) AS divided FROM tags WHERE category IN ({categories}) GROUP BY ALL),
totals AS (SELECT tag, sum(tokens) AS total FROM shown GROUP BY tag),
wholes AS (
    SELECT category, sum(t) AS category_tokens, sum(clamped * clamped) AS squares, count(*) FILTER (is_known) AS known
    FROM categories GROUP BY category
),
shares AS (
    SELECT *, tokens::DOUBLE / category_tokens AS share,
        CASE WHEN squares > 0 THEN least(category_tokens::DOUBLE * category_tokens / squares, known) END AS n
    FROM shown JOIN wholes USING (category) JOIN totals USING (tag) WHERE category_tokens > 0
)
SELECT category, tag, tokens, category_tokens, share, n AS n_effective, {interval}, divided AS split_tokens,
    divided::DOUBLE / nullif(sum(divided) OVER (PARTITION BY category), 0) AS split_share
FROM shares ORDER BY list_position([{categories}], category), total DESC, tag
--- cohorts
,
active AS (
    SELECT DISTINCT display, account, month FROM placed WHERE account IS NOT NULL AND month < DATE '{to}'
),
first_use AS (SELECT display, account, min(month) AS cohort FROM active GROUP BY ALL),
sizes AS (SELECT display, cohort, count(*) AS cohort_accounts FROM first_use GROUP BY ALL),
panels AS (
    SELECT display, row_number() OVER (ORDER BY sum(cohort_accounts) DESC, display) AS panel
    FROM sizes GROUP BY display
),
months AS (
    SELECT CAST(unnest(generate_series(min(month), max(month), INTERVAL 1 MONTH)) AS DATE) AS month FROM active
)
SELECT sizes.display AS model, strftime(sizes.cohort, '%Y-%m') AS cohort, date_diff('month', sizes.cohort, months.month) AS age,
    count(seen.account) AS accounts, cohort_accounts, count(seen.account)::DOUBLE / cohort_accounts AS share
FROM sizes JOIN panels ON panels.display = sizes.display JOIN months ON months.month >= sizes.cohort
    LEFT JOIN (SELECT display, cohort, month, account FROM active JOIN first_use USING (display, account)) seen
        ON seen.display = sizes.display AND seen.cohort = sizes.cohort AND seen.month = months.month
WHERE panel <= 8
GROUP BY sizes.display, sizes.cohort, months.month, cohort_accounts, panel ORDER BY panel, sizes.cohort, age
--- points
,
points AS (
    SELECT {series} AS name, sum(t) FILTER (is_billed) AS tokens, sum(cost) FILTER (is_billed) AS cost,
        count(*) FILTER (is_known) AS known, count(*) FILTER (is_priced) AS priced, sum(t) AS all_tokens,
        sum(clamped * clamped) AS squares, any_value(source) AS source, any_value(author) AS author
    FROM {rows} WHERE {where} GROUP BY 1 HAVING tokens > 0 AND cost > 0
),
priced AS (
    SELECT *, cost::DOUBLE / 1e9 AS spend,
        cost::DOUBLE / (tokens::DOUBLE * 1000) * (known::DOUBLE / priced) AS usd_per_mtok,
        log10(tokens::DOUBLE / 1e6) AS usage_log10
    FROM points
)
--- points_by_category
,
shown AS (SELECT * FROM priced)
SELECT name AS category, tokens, spend, usd_per_mtok, usage_log10,
    CASE WHEN all_tokens > 0 AND squares > 0 THEN least(all_tokens::DOUBLE * all_tokens / squares, known) END
        AS n_effective
FROM shown ORDER BY tokens DESC, name
--- points_by_source
,
shown AS (SELECT * FROM priced)
SELECT name AS model, source, tokens, spend, usd_per_mtok, usage_log10 FROM shown ORDER BY tokens DESC, name
--- points_by_author
,
shown AS (
    SELECT author, row_number() OVER (ORDER BY sum(tokens) DESC, author) AS place FROM priced
    WHERE author <> 'unknown' GROUP BY author
)
SELECT name AS model, author, CASE WHEN place <= 12 THEN author ELSE 'other' END AS "group", tokens, spend,
    usd_per_mtok, usage_log10
FROM priced LEFT JOIN shown USING (author) ORDER BY tokens DESC, name
--- segments
,
segments AS (
    SELECT *, CASE WHEN is_used THEN CASE WHEN is_dear THEN 'premium leaders' ELSE 'efficient giants' END
        WHEN is_dear THEN 'premium specialists' ELSE 'long tail' END AS segment
    FROM (
        SELECT *, tokens >= (SELECT median(tokens) FROM priced) AS is_used,
            usd_per_mtok >= (SELECT median(usd_per_mtok) FROM priced) AS is_dear
        FROM priced)
)
SELECT segment, name AS model, CASE segment WHEN 'efficient giants' THEN 'cheap, used much'
    WHEN 'premium leaders' THEN 'dear, yet used much' WHEN 'long tail' THEN 'cheap, yet used little'
    ELSE 'dear, used little' END AS reading, tokens, spend, usd_per_mtok,
    usage_log10, 'largest' AS chosen
FROM segments
QUALIFY row_number() OVER (PARTITION BY segment ORDER BY tokens DESC, name) <= 2
ORDER BY list_position(['efficient giants', 'premium leaders', 'long tail', 'premium specialists'], segment),
    tokens DESC, name
