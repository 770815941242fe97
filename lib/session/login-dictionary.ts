// What comes in nearly every login, in the words and the order of CIS2's answers. `deflate` refers to it instead of
// writing it down: a login with one role shrinks by a quarter.
const role =
  '"person_orgid":"","person_roleid":"","org_code":"","role_name":"\\"Clinical\\":\\"Clinical Provision\\":\\"Nurse Access Role\\"","role_code":"S8000:G8000:R8001","activities":["View Patient Medication"],"activity_codes":["B0401"],"workgroups":[""],"workgroups_codes":[""],"aow":[""],"aow_codes":[""]}],'
const organisations =
  '"nhsid_user_orgs":[{"org_name":"NHS TRUST","org_code":""}],"nhsid_org_memberships":[{"person_orgid":"","org_name":"","org_code":"","gnc":""}],"nhsid_org_roles":[{"person_orgid":"","org_name":"","org_code":""}]'
const person =
  '"sub":"","uid":"","nhsid_useruid":"","name":"","given_name":"","family_name":"","middle_names":"","initials":"","title":"","display_name":"","email":"@nhs.net","idassurancelevel":"3","gmc_id":"","gmp_id":"","gdc_id":"","gdp_id":"","nmc_id":"","gphc_id":"","rcn_id":"","consultant_id":"","nhsid_nrbac_roles":[{'
const idToken =
  '"{\\"iss\\":\\"https://am.nhsidentity.spineservices.nhs.uk:443/openam/oauth2/realms/root/realms/NHSIdentity/realms/Healthcare\\",\\"sub\\":\\"\\",\\"aud\\":\\"\\",\\"exp\\":,\\"iat\\":,\\"auth_time\\":,\\"nonce\\":\\"\\",\\"at_hash\\":\\"\\",\\"sid\\":\\"\\",\\"acr\\":\\"AAL3_ANY\\",\\"amr\\":[\\"N3_SMARTCARD\\"],\\"authentication_assurance_level\\":\\"3\\",\\"id_assurance_level\\":\\"3\\",\\"selected_roleid\\":\\"\\"}"'
const tokens =
  '[{"accessToken":"","expiresAt":1,"scope":"openid nhsperson nationalrbacaccess selectedrole organisationalmemberships professionalmemberships associatedorgs profile email"},"eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiIsImtpZCI6",'

/**
 * The preset dictionary of packed logins (RFC 1950, 2.2). Any change of it, of one letter, ends every login that was
 * packed before.
 */
export const loginDictionary = Buffer.from(tokens + idToken + person + role + organisations)
