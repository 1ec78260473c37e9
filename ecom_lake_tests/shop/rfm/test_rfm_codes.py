"""Each of the 125 RFM codes has one segment."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from ecom_lake_tests.builders.hand_shop import Row
from ecom_lake_tests.builders.purchases import shop_of_spenders, spent

SEGMENTS = {
    "Champions": "555 554 544 545 454 455 445",
    "Loyal": "543 444 435 355 354 345 344 335",
    "Potential Loyalist": "553 551 552 541 542 533 532 531 452 451 442 441 431 453 433 432 423 353 352 351 342 341 333 323",
    "New": "512 511 422 421 412 411 311",
    "Promising": "525 524 523 522 521 515 514 513 425 424 413 414 415 315 314 313",
    "Need Attention": "535 534 443 434 343 334 325 324",
    "About To Sleep": "331 321 312 221 213 231 241 251",
    "At Risk": "253 252 243 242 235 234 225 224 153 152 143 142 135 134 133 125 124",
    "Can't Lose": "155 154 145 144 255 254 245 244",
    "Hibernating": "332 322 233 232 223 222 132 123 122 212 211 113 114 115 214 215",
    "Lost": "111 112 121 131 141 151",
}


def test_each_of_the_125_codes_has_one_segment() -> None:
    # One customer per code: five values each of last day, number of purchases and net sales, 25 customers for each.
    def everybody() -> Iterator[tuple[list[Row], list[Row]]]:
        for code in (f"{r}{f}{m}" for r in range(1, 6) for f in range(1, 6) for m in range(1, 6)):
            last = date(2018, 1, 1) + timedelta(30 * int(code[0]))
            days = [f"{last - timedelta(back):%m-%d}" for back in reversed(range(int(code[1])))]
            yield spent(code, *days, net_sales=f"{code[2]}0.00")

    wanted = {code: segment for segment, codes in SEGMENTS.items() for code in codes.split()}
    assert len(wanted) == sum(len(codes.split()) for codes in SEGMENTS.values()) == 125
    shop = shop_of_spenders(*everybody())
    rows = shop.rows("rfm", "customer_id", "rfm_code", "segment")
    assert {customer_id: (code, segment) for customer_id, code, segment in rows} == {
        code: (code, segment) for code, segment in wanted.items()
    }
    assert dict(shop.rows("rfm_segments", "segment", "customers")) == {
        segment: len(codes.split()) for segment, codes in SEGMENTS.items()
    }
