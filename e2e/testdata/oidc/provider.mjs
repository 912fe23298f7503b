// An identity provider on this machine (npm oidc-provider), for the tests of sign-in.
// Arguments: its port, the address of the portal. Its own pages ask for a login: any
// name opens an account; the name is the start of the e-mail, except "sans-adresse".
// With "jwt" as third argument, userinfo answers a signed JWT, as ProConnect does.
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import { resolve } from "node:path";

const [port, portal, form] = process.argv.slice(2);
const require = createRequire(resolve(import.meta.dirname, "../../../web-src/package.json"));
const { default: Provider } = await import(pathToFileURL(require.resolve("oidc-provider")));

const provider = new Provider(`http://localhost:${port}`, {
  clients: [
    {
      client_id: "socle",
      client_secret: "a-secret-of-the-tests",
      redirect_uris: [`${portal}/sign-in/with/essai/back`],
      post_logout_redirect_uris: [`${portal}/`],
      ...(form === "jwt" ? { userinfo_signed_response_alg: "RS256" } : {}),
    },
  ],
  claims: { openid: ["sub", "acr"], email: ["email", "email_verified"], profile: ["name", "given_name", "usual_name"] },
  acrValues: ["eidas1", "eidas2"],
  features: { jwtUserinfo: { enabled: true }, rpInitiatedLogout: { enabled: true }, devInteractions: { enabled: true } },
  pkce: { required: () => true },
  conformIdTokenClaims: true,
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({
      sub: id,
      name: `Personne ${id}`,
      given_name: "Personne",
      usual_name: id,
      email: id === "sans-adresse" ? undefined : `${id}@essai.example`,
      email_verified: !id.startsWith("douteux"),
    }),
  }),
});
provider.listen(Number(port), "localhost", () => console.log("ready"));
