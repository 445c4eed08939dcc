"""The same two URLs as their FastAPI author would write them: a pydantic model,
a pool of aiomysql, the same statements.  DB_SOCKET and DB_NAME say where."""

import json
import os
from datetime import datetime
from typing import Any, Dict, List, Optional
from uuid import UUID

import aiomysql
from fastapi import FastAPI, HTTPException, Query
from pydantic import BaseModel

COLUMNS = """SELECT p.id, p.sku, p.name, p.description, p.price_amount, p.currency,
 (SELECT GROUP_CONCAT(c.category_id ORDER BY c.category_id SEPARATOR '')
  FROM product_categories c WHERE c.product_id = p.id) AS category_ids,
 p.attributes, p.status, COALESCE(s.on_hand - s.reserved, 0) AS available,
 p.created_at, p.updated_at
 FROM products p LEFT JOIN stock s ON s.product_id = p.id """


class Money(BaseModel):
    amount: int
    currency: str


class Product(BaseModel):
    id: UUID
    sku: str
    name: str
    description: Optional[str] = None
    price: Money
    category_ids: List[UUID]
    attributes: Dict[str, Any]
    status: str
    available: int
    created_at: datetime
    updated_at: datetime


class Products(BaseModel):
    items: List[Product]
    next_cursor: Optional[str] = None


app = FastAPI()


@app.on_event("startup")
async def connect():
    app.state.pool = await aiomysql.create_pool(
        unix_socket=os.environ["DB_SOCKET"], user="root", db=os.environ["DB_NAME"],
        charset="utf8mb4", minsize=1, maxsize=8, autocommit=True,
        cursorclass=aiomysql.DictCursor)


@app.on_event("shutdown")
async def disconnect():
    app.state.pool.close()
    await app.state.pool.wait_closed()


async def rows(sql, *values):
    async with app.state.pool.acquire() as connection:
        async with connection.cursor() as cursor:
            await cursor.execute(COLUMNS + sql, values)
            return await cursor.fetchall()


def product(row) -> Product:
    ids = row["category_ids"] or b""
    return Product(
        id=UUID(bytes=row["id"]), sku=row["sku"], name=row["name"],
        description=row["description"],
        price=Money(amount=row["price_amount"], currency=row["currency"]),
        category_ids=[UUID(bytes=ids[i:i + 16]) for i in range(0, len(ids), 16)],
        attributes=json.loads(row["attributes"] or "{}"), status=row["status"],
        available=row["available"], created_at=row["created_at"],
        updated_at=row["updated_at"])


@app.get("/v1/products/{id}", response_model=Product, response_model_exclude_none=True)
async def get_product(id: UUID):
    found = await rows("WHERE p.id = %s", id.bytes)
    if not found:
        raise HTTPException(404)
    return product(found[0])


@app.get("/v1/products", response_model=Products, response_model_exclude_none=True)
async def list_products(limit: int = Query(20, ge=1, le=100)):
    found = await rows("WHERE p.status = 'active'"
                       " ORDER BY p.created_at DESC, p.id DESC LIMIT %s", limit + 1)
    more = len(found) > limit
    items = [product(row) for row in found[:limit]]
    return Products(items=items, next_cursor=str(items[-1].created_at) if more else None)
