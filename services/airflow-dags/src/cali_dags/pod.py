"""The consumer's command in a pod of its own."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from kubernetes.client import models as k8s

from cali_dags.settings import Settings

# The user of the consumer's image (services/consumer/Dockerfile).
USER = 10001


def consumer_pod(
    settings: Settings, *, task_id: str, arguments: Sequence[str], timeout: timedelta, **task: Any
) -> KubernetesPodOperator:
    """A task that runs `consumer <arguments>` as the consumer's Deployment does: image, account, environment.

    :param arguments: the command's words; templated.
    :param timeout: after which the pod is ended, also when Airflow isn't there to end it.
    """
    return KubernetesPodOperator(
        task_id=task_id,
        name=f"consumer-{task_id}",
        namespace=settings.consumer_namespace,
        # A name of its own: the consumer's Service, PodDisruptionBudget and Deployment pass it over.
        labels={
            "app.kubernetes.io/name": "consumer-task",
            "app.kubernetes.io/component": task_id,
            "app.kubernetes.io/part-of": "cali",
            "app.kubernetes.io/managed-by": "airflow",
        },
        # The autoscaler doesn't take the node away in the middle of a day's work.
        annotations={"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"},
        image=settings.consumer_image,
        image_pull_policy="IfNotPresent",
        arguments=list(arguments),
        env_from=[
            k8s.V1EnvFromSource(config_map_ref=k8s.V1ConfigMapEnvSource(name=settings.consumer_config_map)),
            k8s.V1EnvFromSource(secret_ref=k8s.V1SecretEnvSource(name=settings.consumer_secret)),
        ],
        service_account_name=settings.consumer_service_account,
        # It talks to AWS, by a token that EKS mounts itself, and not to Kubernetes.
        automount_service_account_token=False,
        # A day is read bit by bit; what it takes is the day's templates and the hashes of its records.
        container_resources=k8s.V1ResourceRequirements(
            requests={"cpu": "250m", "memory": "384Mi", "ephemeral-storage": "64Mi"},
            # The volume below, and the kubelet's five log files.
            limits={"memory": "768Mi", "ephemeral-storage": "1Gi"},
        ),
        security_context=k8s.V1PodSecurityContext(
            run_as_non_root=True,
            run_as_user=USER,
            run_as_group=USER,
            fs_group=USER,
            seccomp_profile=k8s.V1SeccompProfile(type="RuntimeDefault"),
        ),
        container_security_context=k8s.V1SecurityContext(
            allow_privilege_escalation=False,
            read_only_root_filesystem=True,
            capabilities=k8s.V1Capabilities(drop=["ALL"]),
        ),
        volumes=[k8s.V1Volume(name="tmp", empty_dir=k8s.V1EmptyDirVolumeSource(size_limit="256Mi"))],
        volume_mounts=[k8s.V1VolumeMount(name="tmp", mount_path="/tmp")],  # noqa: S108  the pod's own
        # A new node may have to come up, and the image to be pulled.
        startup_timeout_seconds=600,
        active_deadline_seconds=int(timeout.total_seconds()),
        execution_timeout=timeout,
        # An Airflow that was restarted goes on with the pod that runs, instead of a second one.
        reattach_on_restart=True,
        on_finish_action="delete_pod",
        get_logs=True,
        log_events_on_failure=True,
        # The end of what a failed command said is then in the exception, and so in the alert.
        termination_message_policy="FallbackToLogsOnError",
        # The manifest is no part of the reason.
        log_pod_spec_on_failure=False,
        do_xcom_push=False,
        **task,
    )
