"""The dashboard's overview as a Streamlit app, for a comparison: `streamlit run overview.py -- FOLDER CURRENCY`.

The folder has a folder of Parquet files for each gold table. Written as Streamlit's own documentation advises: DuckDB over the
Parquet files, its connection in `st.cache_resource`, and each query in `st.cache_data`, so that a view that somebody has seen
before runs no query.
"""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path
from typing import Any

import altair as alt  # type: ignore[import-not-found]
import duckdb
import pandas as pd
import streamlit as st  # type: ignore[import-not-found]

FOLDER, CURRENCY = Path(sys.argv[1]), sys.argv[2]
FACTS = """select l.*, coalesce(o.is_late, false) as is_late, o.review_score, coalesce(g.segment, 'not scored') as segment
from fct_sales as l join fct_orders as o using (order_id) left join customer_segments as g on g.customer_id = l.customer_id
where l.is_valid"""
MEASURES = """sum(net_sales)::double as net_sales, count(distinct order_id) as orders, count(distinct customer_id) as customers,
sum(net_sales)::double / count(distinct order_id) as aov, sum(quantity)::bigint as units"""
PER_ORDER = "select month, order_id, any_value(is_late) as is_late, any_value(review_score) as score from ({facts}) group by 1, 2"


@st.cache_resource  # type: ignore[untyped-decorator]
def connection() -> duckdb.DuckDBPyConnection:
    con = duckdb.connect()
    for table in FOLDER.iterdir():
        con.execute(f"create view {table.name} as select * from read_parquet('{table}/*.parquet')")
    return con


@st.cache_data(show_spinner=False)  # type: ignore[untyped-decorator]
def query(sql: str, values: dict[str, Any] | None = None) -> pd.DataFrame:
    return connection().cursor().execute(sql, values or {}).df()


def kpis(facts: str, values: dict[str, Any]) -> tuple[pd.Series, pd.DataFrame]:
    """The KPIs of the chosen months, and of each month."""
    orders = PER_ORDER.format(facts=facts)
    sql = f"""with a as (select month, {MEASURES} from ({facts}) group by grouping sets ((month), ())),
    b as (select month, avg(is_late::int) as late, avg(score) as score from ({orders}) group by grouping sets ((month), ()))
    select a.*, b.late, b.score from a join b on a.month is not distinct from b.month order by a.month nulls last"""
    found = query(sql, values)
    return found.iloc[-1], found.iloc[:-1]


def bars(title: str, column: str, facts: str, values: dict[str, Any]) -> None:
    sql = f"select {column} as member, sum(net_sales)::double as net_sales from ({facts}) group by 1 order by 2 desc limit 10"
    st.subheader(title)
    chart = alt.Chart(query(sql, values)).mark_bar()
    st.altair_chart(chart.encode(x=alt.X("net_sales", title=None), y=alt.Y("member", sort="-x", title=None)))


st.set_page_config("Overview", layout="wide")
months = query("select month::date as month, is_complete from kpi_monthly order by month")
complete = months[months.is_complete].month.dt.date.tolist()
columns = st.columns(6)
first = columns[0].selectbox("From", complete, index=max(len(complete) - 6, 0), format_func=lambda m: f"{m:%b %Y}")
last = columns[1].selectbox("To", complete, index=len(complete) - 1, format_func=lambda m: f"{m:%b %Y}")
chosen = {
    name: column.selectbox(name.capitalize(), ["all", *query(f"select distinct {name} from sales_cube order by 1")[name]])
    for name, column in zip(("segment", "category", "state"), columns[2:5], strict=True)
}
by_year = columns[5].selectbox("Compare with", ["previous span", "year before"]) == "year before"
members = {name: member for name, member in chosen.items() if member != "all"}
where = "".join(f" and coalesce({name}, 'unknown') = ${name}" for name in members)
facts = f"select * from ({FACTS}) where month between $first and $last{where}"
span = (last.year - first.year) * 12 + last.month - first.month + 1
back = 12 if by_year else span


def shifted(month: date, by: int) -> date:
    number = month.year * 12 + month.month - 1 + by
    return date(number // 12, number % 12 + 1, 1)


values = {"first": first, "last": last, **members}
total, by_month = kpis(facts, values)
before, _ = kpis(facts, {**values, "first": shifted(first, -back), "last": shifted(last, -back)})
LABELS = {
    "net_sales": ("Net sales", f"{CURRENCY} {{:,.0f}}"), "orders": ("Orders", "{:,.0f}"), "customers": ("Customers", "{:,.0f}"),
    "aov": ("Average order value", f"{CURRENCY} {{:,.2f}}"), "units": ("Units", "{:,.0f}"), "late": ("Delivered late", "{:.1%}"),
    "score": ("Review score (of 5)", "{:.2f}"),
}  # fmt: skip
for (name, (label, form)), column in zip(LABELS.items(), st.columns(len(LABELS)), strict=True):
    change = f"{total[name] / before[name] - 1:+.1%}" if before[name] else None
    color = "inverse" if name == "late" else "normal"
    spark = by_month[name].tolist() if len(by_month) > 1 else None
    column.metric(label, form.format(total[name]), change, delta_color=color, border=True, chart_data=spark)

left, right = st.columns([2, 1])
with left:
    st.subheader("Net sales by month, and the forecast")
    trend = query(
        f"select month, sum(net_sales)::double as net_sales, month between $first and $last as chosen from ({FACTS})"
        f" where month > $start and month <= $last{where} group by month order by month",
        {**values, "start": shifted(last, -24)},
    )
    layers: list[Any] = [
        alt.Chart(trend).mark_bar().encode(x="month:T", y="net_sales:Q", opacity=alt.Opacity("chosen:N", legend=None))
    ]
    if not members:
        forecast = query(
            "select period as month, forecast::double as forecast, low_80::double as low, high_80::double as high"
            " from sales_forecast where series = 'total' and grain = 'month' and is_champion order by period"
        )
        layers.append(alt.Chart(forecast).mark_area(opacity=0.2).encode(x="month:T", y="low:Q", y2="high:Q"))
        layers.append(alt.Chart(forecast).mark_line(point=True, strokeDash=[5, 4]).encode(x="month:T", y="forecast:Q"))
    st.altair_chart(alt.layer(*layers))
    with st.expander("How good the forecast is"):
        st.write(query("select reason from model_cards where model = 'sales_forecast'").reason.iloc[0])
with right:
    bars("Categories", "category", facts, values)
for (title, name), column in zip(
    (("Customer segments", "segment"), ("States", "state"), ("Top products", "product_id")), st.columns(3), strict=True
):
    with column:
        bars(title, name, facts, values)
st.subheader("What to do")
for row in query(
    "select statement, action, reason, caveat from insights where status = 'shown' order by rank limit 6"
).itertuples():
    st.markdown(f"**{row.statement}**  \n{row.action}")
    with st.expander("Reason and caveat"):
        st.write(row.reason, row.caveat)
st.subheader("Customers by recency and spend")
cells = query(
    "select recency_from, recency_to, spend_from::double + 0.5 as spend_from, spend_to::double as spend_to,"
    " sum(customers)::bigint as customers, arg_max(segment, customers) as segment from segment_scatter group by all"
)
scale = {"x": alt.Scale(type="sqrt"), "y": alt.Scale(type="log")}
st.altair_chart(
    alt.Chart(cells).mark_rect().encode(
        x=alt.X("recency_from:Q", scale=scale["x"]), x2="recency_to:Q",
        y=alt.Y("spend_from:Q", scale=scale["y"]), y2="spend_to:Q",
        color="segment:N", opacity="customers:Q", tooltip=["customers", "segment"],
    )
)  # fmt: skip
