let token: string | undefined;

/** What changes something is asked for with it from now on. */
export function useToken(value: string | undefined): void {
  token = value;
}

/** Whether there is any. */
export const hasToken = () => token !== undefined;

/** Asks the server. @throws Error with what it says */
export async function ask<T>(name: string, input?: unknown): Promise<T> {
  const response = await fetch(`/api/${name}`, {
    ...(input !== undefined && { method: "POST", body: JSON.stringify(input) }),
    headers: {
      ...(input !== undefined && { "content-type": "application/json" }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
    },
  });
  // It is not the right one: whoever typed it is asked again.
  if (response.status === 401) token = undefined;
  if (!response.ok) throw new Error((await response.text()).trim());
  return (await response.json()) as T;
}
