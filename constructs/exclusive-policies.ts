import { IamRole } from "@cdktf/provider-aws/lib/iam-role/index.js";
import { IamRolePoliciesExclusive } from "@cdktf/provider-aws/lib/iam-role-policies-exclusive/index.js";
import { IamRolePolicy } from "@cdktf/provider-aws/lib/iam-role-policy/index.js";
import { IamRolePolicyAttachment } from "@cdktf/provider-aws/lib/iam-role-policy-attachment/index.js";
import { IamRolePolicyAttachmentsExclusive } from "@cdktf/provider-aws/lib/iam-role-policy-attachments-exclusive/index.js";
import { DefaultTokenResolver, StringConcat, type TerraformStack, Tokenization } from "cdktf";
import { Construct } from "constructs";
import { withLogicalId } from "./logical-id.ts";

/**
 * Makes the policies of a stack's roles exclusive: one that somebody attached, or put inline, outside the code is a difference of the next
 * plan, which takes it away. Call it once all roles of the stack are made.
 */
export class ExclusivePolicies extends Construct {
  constructor(scope: TerraformStack, id: string) {
    super(scope, id);
    const elements = scope.node.findAll();
    const inline = elements.filter((one) => one instanceof IamRolePolicy);
    const attached = elements.filter((one) => one instanceof IamRolePolicyAttachment);
    const resolver = new DefaultTokenResolver(new StringConcat());
    const written = (value: string | undefined) =>
      Tokenization.resolve(value, { scope, resolver, preparing: false });
    for (const role of elements.filter((one) => one instanceof IamRole)) {
      const hclName = role.friendlyUniqueId;
      const name = written(role.name);
      const isIts = (one: { roleInput?: string }) => written(one.roleInput) === name;
      withLogicalId(
        new IamRolePoliciesExclusive(this, `${hclName}-inline`, {
          roleName: role.name,
          policyNames: inline.filter(isIts).map((one) => one.name),
        }),
        hclName,
      );
      withLogicalId(
        new IamRolePolicyAttachmentsExclusive(this, `${hclName}-attached`, {
          roleName: role.name,
          policyArns: attached.filter(isIts).map((one) => one.policyArn),
        }),
        hclName,
      );
    }
  }
}
